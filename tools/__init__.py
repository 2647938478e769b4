"""What starts, sets up and checks the project; never imported by the application."""

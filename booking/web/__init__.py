"""HTTP: parse, authorise, call one service, render; one file per audience."""

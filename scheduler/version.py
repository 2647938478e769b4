"""The name and version under which plans are made; a change that alters plans changes the version."""

NAME = "ilteo-ieum"
VERSION = "0.1.0"

"""One module for each command of the command line; see `cartera.cli.Command`."""

"""The command line: `sluice`, which kubectl finds as `kubectl sluice` too."""

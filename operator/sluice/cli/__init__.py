"""The command line: `sluice`, also found by kubectl as the plugin `kubectl sluice`."""

"""Workflows of other systems as manifests of ours."""

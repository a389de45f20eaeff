"""`sluice why`: what the API server shows goes to `core.explain`, and the answer is printed."""

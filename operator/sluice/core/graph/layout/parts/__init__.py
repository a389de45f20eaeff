"""A connected part of the sketch by itself: `part` arranges it by the steps that the other files are."""

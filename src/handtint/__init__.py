"""handtint: colour for what matters in a black-and-white photograph."""

"""What was tried to break pishield, and what came of it: one runnable module for each kind."""

"""Step-by-step procedures that the command line and a window both drive."""

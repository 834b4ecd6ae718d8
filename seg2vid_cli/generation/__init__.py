"""From label maps to finished clips."""

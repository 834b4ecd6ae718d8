"""What a command says, and the signals that stop it."""

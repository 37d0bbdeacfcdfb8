"""The shell around the host: clock, dice, service manager, logs, control socket, status pages."""

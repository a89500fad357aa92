"""Where messages go that no channel carries: codes by SMS and e-mail, notices to staff."""

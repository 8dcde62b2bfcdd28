"""Running the server: backups, retention, what is checked before and after a deploy, figures and alerts."""

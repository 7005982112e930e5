"""Alarm messages: a process of its own that delivers what the control process wants to be told to people."""

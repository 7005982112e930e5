"""Messages to the phones of people, through the push service of each browser."""

"""What can be wrong, by subject; each module turns `Facts` into conditions and keeps nothing but short histories."""

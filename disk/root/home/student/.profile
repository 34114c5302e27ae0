# Your own settings; /etc/profile has run already.

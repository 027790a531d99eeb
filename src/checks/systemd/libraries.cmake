set(backends systemd)

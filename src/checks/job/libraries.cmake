set(rooms calendar)

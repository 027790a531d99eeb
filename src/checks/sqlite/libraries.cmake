set(libraries SQLite::SQLite3)

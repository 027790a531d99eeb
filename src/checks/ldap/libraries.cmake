set(backends ldap)

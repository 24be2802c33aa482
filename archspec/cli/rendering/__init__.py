"""How answers look: a command gives a result, a module here makes text of it. The names in its JSON are a contract."""

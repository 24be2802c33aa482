"""Operations and a backend for archspec, found by their entry points. Nothing here imports a framework by itself."""

"""What names mean at a place and what a cell comes to there. Nothing here knows rows, scopes or the graph's nodes."""

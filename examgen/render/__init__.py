"""Paper as a view: data in, HTML and PDF out. Nothing here can reach an engine or an answer that was not handed in."""

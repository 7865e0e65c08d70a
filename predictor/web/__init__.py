"""The server: the page in the browser and the API behind it."""

"""Scripts that wrap the vendors' clients. They run where only those are installed, and import nothing but them."""

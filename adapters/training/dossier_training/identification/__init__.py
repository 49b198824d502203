"""What tells document types apart by how a page looks: made once a base, and a few numbers a type."""

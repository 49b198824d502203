"""The adapter factory: from a checked data set to an adapter that serves, for one document type or all."""

"""Tables from outside as rows of text: what the file is, how it is encoded, how it is laid out."""

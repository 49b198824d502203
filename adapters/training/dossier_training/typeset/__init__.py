"""Print as it is: mixed case, many typefaces and scripts, small letters. What the next base is trained on."""

"""What other typesetters set for comparison: the content of our sheets and worked keys, as LaTeX and as Typst."""

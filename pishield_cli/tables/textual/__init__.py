"""What files of text share, however their rows are written: numbers as texts, pieces read ahead."""

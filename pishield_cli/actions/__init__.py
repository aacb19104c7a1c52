"""One verb a module: takes values, returns a frozen report, prints nothing."""

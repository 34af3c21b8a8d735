"""HTTP for every feature: errors, htmx, headers, panels, assets, forms. Knows no feature."""

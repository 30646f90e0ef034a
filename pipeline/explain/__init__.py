"""Why a cell holds its value, and what a raw field can change."""

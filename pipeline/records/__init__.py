"""The ground floor: dates, distinct values, order and look-up of records, findings and queries."""

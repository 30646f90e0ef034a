"""How a value is worked out: functions that the mapping interpreter receives from above."""

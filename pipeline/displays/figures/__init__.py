"""The figures of the report: a module a figure, each from prepared numbers to a drawing."""

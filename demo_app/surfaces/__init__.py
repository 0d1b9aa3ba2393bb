"""One thin adapter for each way to call an action; none holds logic of a demo."""

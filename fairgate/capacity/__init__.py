"""N buyers in M minutes: what they need, from what each action was measured to cost, and the laws that apply."""

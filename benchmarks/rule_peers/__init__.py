"""What people use today for each learning rule, each written as its users write it."""

HERE = "helped"

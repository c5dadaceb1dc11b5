# What the private answers and command descriptions say (command/).

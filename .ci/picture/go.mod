module showdown/picture

go 1.26

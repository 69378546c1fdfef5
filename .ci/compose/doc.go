// Package compose holds the test of docker-compose.yml: our image is built by our
// Dockerfile, and a real Docker Engine and docker-compose start the stack, break the lab
// through the page's interface, find the numbers in Prometheus, and take everything away.
// Run it with make test-compose, as root on Debian.
//
// No image can be pulled where it runs, so three are stood in for under their own names:
// golang holds a command that hands over the program built beforehand by the same arguments
// (SHOWDOWN_COMPOSE_FULL=1 puts the real Go there, and the modules), and prom/prometheus
// Debian's Prometheus. Grafana cannot be stood in for and is left out.
//
// The Engine runs in namespaces of the test's own: its bridges, its firewall and its
// published ports are nobody else's, it reaches no other network, and what is left of it
// ends with the test, however that ends.
package compose

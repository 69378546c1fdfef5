// Package diagram draws architectures: users, name servers, load balancers, Auto Scaling
// groups and instances from left to right, Availability Zones as lanes. It is the one
// renderer for reports, figures and pages.
//
// [Of] makes a [Diagram] of a topology, [Diagram.Draw] a picture of it. A node's frame is
// what the harness did to it, the truth; a round badge on its left is what the load
// balancer believes of it. Between the two lies the time to detect. A state is told by
// pattern and mark, never by colour alone.
package diagram

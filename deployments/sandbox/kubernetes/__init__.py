"""A simulated Kubernetes cluster, as far as secrets, deployments and pods go."""

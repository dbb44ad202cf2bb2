"""Every user's server on a hub: the kit's two kernels, and an end to what nobody uses."""

c = get_config()  # noqa: F821: Jupyter gives it

c.KernelSpecManager.allowed_kernelspecs = {"deno", "tslab"}
c.KernelSpecManager.ensure_native_kernel = False
c.MultiKernelManager.default_kernel_name = "deno"

# A kernel holds its memory until it ends. One that trains is busy, not idle.
c.MappingKernelManager.cull_idle_timeout = 3600
c.MappingKernelManager.cull_connected = True
c.ServerApp.shutdown_no_activity_timeout = 2 * 3600

# A login shell would forget the way to nbgrader and the kit's programs.
c.ServerApp.terminado_settings = {"shell_command": ["/bin/bash"]}

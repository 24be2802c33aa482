"""Names that a child of a module cannot have: Python's keywords, and what `nn.Module` or `nn.Sequential` has already.

So are those of `torch.fx.GraphModule`, with which tracers and `torch.export` put the children side by side.

Held against the installed PyTorch by a test.
"""

import keyword

NAMES = """
T_destination add_module add_submodule apply append bfloat16 buffers call_super_init children
code compile cpu cuda delete_all_unused_submodules delete_submodule double dump_patches eval
extend extra_repr float forward get_buffer get_extra_state get_parameter get_submodule graph
half insert ipu load_state_dict meta modules mtia named_buffers named_children named_modules
named_parameters parameters pop print_readable recompile register_backward_hook register_buffer
register_forward_hook register_forward_pre_hook register_full_backward_hook
register_full_backward_pre_hook register_load_state_dict_post_hook
register_load_state_dict_pre_hook register_module register_parameter
register_state_dict_post_hook register_state_dict_pre_hook requires_grad_ set_extra_state
set_submodule share_memory state_dict to to_empty to_folder train training type xpu zero_grad
"""
RESERVED = frozenset({*NAMES.split(), *keyword.kwlist})

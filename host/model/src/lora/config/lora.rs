//! `LoraConfig` (`peft/tuners/lora/config.py`, PEFT 0.21).

use super::Ranks;
use crate::ModelError;
use crate::json::JsonObject;
use crate::lora::pattern::PatternBudget;

/// What LoRA has beyond targets and saved modules.
#[derive(Debug)]
pub(in crate::lora) struct LoraSettings {
    pub(in crate::lora) ranks: Ranks,
    pub(in crate::lora) use_dora: bool,
    pub(in crate::lora) lora_bias: bool,
}

impl LoraSettings {
    pub(super) fn take(
        object: &mut JsonObject,
        budget: &PatternBudget,
    ) -> Result<Self, ModelError> {
        for (key, harmless) in REFUSED {
            object.refuse_unless(key, |value| harmless.contains(&value.to_string().as_str()))?;
        }
        let settings = Self {
            ranks: Ranks::take(object, budget)?,
            use_dora: object.take_bool("use_dora")?.unwrap_or(false),
            lora_bias: object.take_bool("lora_bias")?.unwrap_or(false),
        };
        if settings.use_dora && settings.lora_bias {
            return Err(object.invalid("lora_bias", "false beside `use_dora`, as PEFT has it"));
        }
        take_eva(object)?;
        object.ignore(WITHOUT_EFFECT);
        Ok(settings)
    }
}

/// `EvaConfig`: how the first values were found, in data that is not here. It must be one all the same.
fn take_eva(object: &mut JsonObject) -> Result<(), ModelError> {
    let Some(mut eva) = object.take_object("eva_config")? else { return Ok(()) };
    eva.ignore(&[
        "adjust_scaling_factors",
        "label_mask_value",
        "rho",
        "tau",
        "use_label_mask",
        "whiten",
    ]);
    eva.finish()
}

/// Keys of variants that change what an adapter computes, with the values that switch them off.
const REFUSED: &[(&str, &[&str])] = &[
    ("alora_invocation_tokens", &["[]"]),
    ("arrow_config", &[]),
    ("corda_config", &[]),
    // An embedding tied to a saved head would have to be replaced with it.
    ("ensure_weight_tying", &["false"]),
    // Values such as pissa, olora, corda, loftq or lora_ga train against a changed base. These only
    // say how training began; what EVA makes of ranks and alphas stands in their patterns.
    (
        "init_lora_weights",
        &["true", "false", "\"gaussian\"", "\"eva\"", "\"orthogonal\"", "\"mica\""],
    ),
    ("kasa_config", &[]),
    ("layer_replication", &["[]"]),
    ("loftq_config", &["{}"]),
    ("lora_ga_config", &[]),
    ("megatron_config", &[]),
    ("monteclora_config", &[]),
    ("target_parameters", &["[]"]),
    ("trainable_token_indices", &["[]", "{}"]),
    ("use_bdlora", &["false"]),
    ("use_qalora", &["false"]),
    ("velora_config", &[]),
];

/// Keys that PEFT does not read when it runs an adapter without the variants above.
const WITHOUT_EFFECT: &[&str] = &[
    "lora_dropout",
    // Only with `megatron_config`.
    "megatron_core",
    // Only with `use_qalora`.
    "qalora_group_size",
    // Older versions write it; it moves work between devices.
    "runtime_config",
];

"""Wiki pages and folders that automations make."""

from models.automation.effects.effect import Effect, Made, Occasion, does
from models.automation.effects.making import filled
from models.automation.template_settings import FolderSettings
from models.automation.text_settings import WikiPageSettings
from models.command import Change, part_of
from models.items.wiki_pages import create_wiki_page
from models.templates.folders import apply_folder_template


@does(WikiPageSettings)
async def add_a_wiki_page(change: Change, occasion: Occasion, settings: WikiPageSettings) -> Effect:
    """A wiki page is written, and linked to the job."""
    told, _ = await filled(change, occasion, settings)
    page = await part_of(change, create_wiki_page, name=told.name, text=told.text, job_id=occasion.job.id)
    return Effect(Made.of(page))


@does(FolderSettings)
async def apply_folders(change: Change, occasion: Occasion, settings: FolderSettings) -> Effect:
    """The client's account gets the folders of a template that it has not."""
    await part_of(change, apply_folder_template, template_id=settings.template_id, job_id=occasion.job.id)
    return Effect()
